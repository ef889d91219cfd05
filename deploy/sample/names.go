package sample

import "fmt"

// where is a customer outside Japan, or the zero company in Tokyo's zone.
type where struct{ zone, language, company string }

// country spreads a few customers over zones west and east of Tokyo. At the
// tick, the first at 05:00 in Tokyo, it is still the last day of the month in
// Berlin and New York; Sydney puts its clocks forward in October.
func country(rank int) where {
	switch {
	case rank == 7 || rank > 60 && rank%29 == 7:
		return where{"America/New_York", "en", "Midtown Catering, Inc."}
	case rank == 11 || rank > 60 && rank%29 == 11:
		return where{"Europe/Berlin", "en", "Spreewald Großküchen GmbH & Co. KG"}
	case rank == 16 || rank > 60 && rank%29 == 16:
		return where{"Australia/Sydney", "en", "Harbour Kitchens Pty Ltd"}
	case rank == 23 || rank > 60 && rank%29 == 23:
		return where{"Asia/Kolkata", "en", "Sharma & Sons \"Fresh\" Foods"}
	default:
		return where{"Asia/Tokyo", "ja", ""}
	}
}

// company names the giant after what it is and the others after their rank.
func company(rank int) string {
	if rank == 0 {
		return "東日本フードサービスホールディングス株式会社"
	}
	first := []string{
		"みどり", "さくら", "北斗", "あおば", "大和", "しらかば", "三ツ星", "ひまわり", "海鳴", "むさし野",
		"富士見", "やまびこ", "銀河", "若葉", "瀬戸内", "はなまる", "津軽",
	}
	second := []string{
		"フーズ", "給食センター", "ホテルズ", "ダイニング", "水産", "ベーカリー", "惣菜", "食品工業", "ケアサービス",
		"乳業", "キッチン",
	}
	name := first[rank%len(first)] + second[rank%len(second)]
	if round := rank / (len(first) * len(second)); round > 0 {
		name += fmt.Sprintf("第%d", round+1)
	}
	switch rank % 3 {
	case 0:
		return "株式会社" + name
	case 1:
		return name + "株式会社"
	default:
		return "有限会社" + name
	}
}

// siteName gives a few sites names that a sheet or a file cannot have as they are.
func siteName(t *tenant, i int) string {
	switch {
	case t.language != "ja":
		return fmt.Sprintf("Kitchen %d", i+1)
	case t.rank == 0 && i == 0:
		return "東京セントラルキッチン"
	case t.rank == 0 && i == 3:
		return "本社工場[第2ライン]"
	case t.rank == 1 && i == 2:
		return "関東第一物流センター併設セントラルキッチン冷凍冷蔵設備管理棟（地下2階）北側区画"
	case t.rank == 2 && i == 1:
		return "厨房A/B:仕込み室?"
	case t.rank == 3 && i == 1:
		return "'喫茶'ひだまり☕"
	}
	areas := []string{
		"新宿", "横浜西口", "大宮", "千葉中央", "札幌", "仙台", "名古屋栄", "京都四条", "梅田", "神戸三宮", "広島",
		"博多", "熊本", "那覇", "金沢", "長野", "静岡", "浜松", "高松", "松山", "吉祥寺", "立川", "川崎", "船橋",
	}
	kinds := []string{"店", "工場", "給食室", "厨房"}
	name := areas[(5*t.rank+i)%len(areas)]
	if round := i / len(areas); round > 0 {
		name += fmt.Sprintf("第%d", round+1)
	}
	return name + kinds[t.rank%len(kinds)]
}

// staff are the people of one site.
func staff(t *tenant, s *site) []string {
	people := []string{
		"佐藤 美咲", "鈴木 健一", "髙橋 由美", "田中 翔", "伊藤 さくら", "渡邊 大輔", "山本 直子", "中村 拓也",
		"小林 恵", "加藤 雄太", "吉田 久美子", "山田 太郎", "𠮷村 修", "Nguyễn Văn An", "グエン・ティ・ラン",
		"王 小明", "Maria da Silva", "齋藤 誠",
	}
	at := (3*t.rank + 5*s.index) % (len(people) - 4)
	return people[at : at+4]
}
