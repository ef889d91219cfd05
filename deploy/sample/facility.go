package sample

import (
	"encoding/base64"
	"math/rand/v2"
	"time"
)

// inspectsBuilding says that somebody looks after the building of a site.
func (t *tenant) inspectsBuilding(s *site) bool { return t.rank%4 == 0 && s.index < 2 }

// facilityItem is a line of the form for buildings; the photo, if the item is bad, is of
// its place and finding.
type facilityItem struct{ area, item, place, finding, action string }

var facilityItems = []facilityItem{
	{"外周", "外壁のひび割れ・剝離がない", "北側外壁", "外壁に長さ約40cmのひび割れ", "補修業者へ見積りを依頼"},
	{"外周", "排水溝に詰まりがない", "裏口の排水溝", "落ち葉が詰まっている", "その場で清掃"},
	{"共用部", "非常口・通路に物が置かれていない", "2階非常口", "段ボール箱が置かれている", "撤去し、担当者へ注意"},
	{"共用部", "照明が点灯する", "1階廊下", "蛍光灯1本が切れている", "交換（11月上旬）"},
	{"消防設備", "消火器が所定の位置にあり期限内である", "厨房入口", "消火器の期限が切れている", "新しい消火器を手配"},
	{"消防設備", "誘導灯が点灯する", "", "", ""},
	{"電気設備", "分電盤に異音・発熱がない", "", "", ""},
	{"給排水", "漏水がない", "洗い場の床", "配管の継ぎ目から水がにじむ", "パッキンを交換"},
	{"空調", "フィルターが清掃されている", "客席エアコン", "フィルターにほこり", "清掃を指示"},
}

// facility is one inspection.
type facility struct {
	id    string
	at    time.Time
	by    string
	found []int // the items that are bad, in the order of the form
}

func makeFacility(t *tenant, s *site, r *rand.Rand) facility {
	f := facility{id: uuid(r), by: pick(r, staff(t, s))}
	f.at = clock(t.month.from.AddDate(0, 0, 9+r.IntN(10)), 9*60+r.IntN(120), 0)
	for i, item := range facilityItems {
		if item.place != "" && oneIn(r, 3) {
			f.found = append(f.found, i)
		}
	}
	return f
}

func appendFacility(l *lines, t *tenant, s *site, r *rand.Rand) {
	if !t.inspectsBuilding(s) {
		return
	}
	f := makeFacility(t, s, r)
	l.text(f.id)
	l.int(t.id)
	l.text(s.id)
	l.instant(f.at)
	l.text(f.by)
	l.text(pick(r, []string{"晴れ", "くもり", "雨"}))
	l.bytes(signature(r))
	if oneIn(r, 4) {
		l.null()
	} else {
		l.text("data:image/png;base64," + base64.StdEncoding.EncodeToString(signature(r)))
	}
	l.end()
}

func appendFacilityItems(l *lines, t *tenant, s *site, r *rand.Rand) {
	if !t.inspectsBuilding(s) {
		return
	}
	f := makeFacility(t, s, r)
	for i, item := range facilityItems {
		result, remark := "ok", ""
		switch {
		case len(f.found) > 0 && f.found[0] == i:
			result, remark, f.found = "bad", item.action, f.found[1:]
		case oneIn(r, 12):
			result, remark = "none", "該当設備なし"
		}
		l.text(f.id)
		l.int(int64(i + 1))
		l.text(item.area)
		l.text(item.item)
		l.text(result)
		l.textOrNull(remark)
		l.end()
	}
}

func appendFacilityPhotos(l *lines, t *tenant, s *site, r *rand.Rand) {
	if !t.inspectsBuilding(s) {
		return
	}
	f := makeFacility(t, s, r)
	for i, found := range f.found {
		item := facilityItems[found]
		l.text(f.id)
		l.int(int64(i + 1))
		l.text(item.place)
		l.instant(f.at.Add(time.Duration(10*i+r.IntN(10)) * time.Minute))
		l.text(item.finding)
		l.text(item.action)
		l.bytes(photo(i%2 == 1, r))
		l.end()
	}
}
