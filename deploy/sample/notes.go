package sample

import (
	"math/rand/v2"
	"strings"
)

// note is empty most of the time, as notes are, and otherwise one of the texts
// that people and devices write.
func note(r *rand.Rand) string {
	if !oneIn(r, 25) {
		return ""
	}
	if oneIn(r, 40) {
		return longNote()
	}
	return pick(r, []string{
		"冷凍庫3号機 霜取り実施",
		"冷凍庫３号機　霜取り実施（２０分）",
		"扉の閉め忘れ。再測定し基準内を確認 👍",
		"業者へ連絡済み📞\n午後に修理予定",
		"1. 電源確認\r\n2. 設定温度を-20℃へ変更\r\n3. 30分後に再測定 ✅",
		"=1+1",
		"+81-3-1234-5678 へ電話",
		"-",
		"@店長 確認お願いします",
		"0012",
		"庫内灯\t切れ",
		"C:\\temp\\log.txt を送付",
		"パッキン交換 👨‍🔧 済み、\"異音\"なし",
		"<要確認> 温度 & 湿度",
		" 前後に空白 ",
		"_x0041_",
	})
}

func longNote() string {
	return "【ヒヤリハット報告】" + strings.Repeat(
		"納品時に外箱の濡れを確認したため、受け入れを保留し、中心温度を測定のうえ責任者へ報告した。"+
			"再発防止として、搬入口での滞留時間を十分以内とし、記録様式へ到着時刻の欄を追加する。\n", 12)
}

// The notes of the readings at the edges of the month that the reports are about.
const (
	noteBefore = "締め直前（前月分）"
	noteFirst  = "月初の最初の瞬間"
	noteLast   = "月末の最後の1マイクロ秒"
	noteAfter  = "翌月の最初の瞬間"
)
