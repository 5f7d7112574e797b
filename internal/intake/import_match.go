package intake

import (
	"encoding/json"
	"slices"
	"strings"

	"gongzhi/internal/locale"
	"gongzhi/internal/request"
)

// guesses are the words in a column's name that tell what it holds, the more
// telling ones first. The page offers them; a person decides.
var guesses = []struct {
	to    string
	words []string
}{
	{"id", []string{"编号", "工单号", "流水号", "序号", "id", "enquiry"}},
	{toAnswered, []string{"答复时间", "回复时间"}},
	{toClosed, []string{"办结时间", "结案时间", "closed"}},
	{toDue, []string{"期限", "截止", "target", "due"}},
	{toReceived, []string{"受理时间", "来电时间", "留言时间", "登记时间", "提交时间", "时间", "日期", "open", "date"}},
	{toAnswer, []string{"答复", "回复", "办理结果", "answer", "closure"}},
	{toTitle, []string{"标题", "主题", "title", "subject"}},
	{toBody, []string{"内容", "详情", "描述", "诉求", "body", "description"}},
	{toPhone, []string{"电话", "手机", "联系方式", "phone"}},
	{toName, []string{"姓名", "用户", "联系人", "诉求人", "来电人", "name"}},
	{toAddress, []string{"地址", "地点", "位置", "address", "location"}},
	{toLat, []string{"纬度", "latitude", "lat"}},
	{toLng, []string{"经度", "longitude", "lng", "lon"}},
	{toDatum, []string{"坐标系", "datum", "crs"}},
	{toArea, []string{"社区", "街道", "区县", "所属区域", "neighborhood", "area"}},
	{toCategory, []string{"分类", "类别", "category", "reason"}},
	{toType, []string{"诉求类型", "类型", "type"}},
	{toChannel, []string{"渠道", "来源", "channel", "source"}},
	{toStatus, []string{"状态", "status", "state"}},
	{toUnit, []string{"承办单位", "办理单位", "主办", "单位", "department"}},
	{toFollowers, []string{"点赞", "附议", "likes"}},
	{toRemark, []string{"备注", "remark", "note"}},
}

// guessColumns proposes a column for each field; each column serves once.
func guessColumns(names []string) map[string]string {
	out, used := map[string]string{}, map[string]bool{}
	for _, g := range guesses {
		for _, word := range g.words {
			i := slices.IndexFunc(names, func(n string) bool { return n != "" && !used[n] && strings.Contains(strings.ToLower(n), word) })
			if i >= 0 {
				out[g.to], used[names[i]] = names[i], true
				break
			}
		}
	}
	return out
}

type (
	mappingFile struct {
		Name   string         `json:"name"`
		Source string         `json:"source"`
		ID     string         `json:"id"`
		Zone   string         `json:"zone,omitempty"`
		Fields []mappingField `json:"fields"`
	}
	mappingField struct {
		To       string            `json:"to"`
		From     string            `json:"from,omitempty"`
		Const    string            `json:"const,omitempty"`
		Time     bool              `json:"time,omitempty"`
		Number   bool              `json:"number,omitempty"`
		Required bool              `json:"required,omitempty"`
		Lookup   map[string]string `json:"lookup,omitempty"`
	}
)

// buildMapping writes the mapping file of columns that a person matched.
func buildMapping(code, name string, columns map[string]string) (*ImportMapping, error) {
	f := mappingFile{Name: name, Source: code, ID: columns["id"]}
	for _, to := range importTargets {
		from := columns[to]
		if from == "" {
			continue
		}
		if fixed, ok := strings.CutPrefix(from, "="); ok && to == toDatum { // one system for all rows
			f.Fields = append(f.Fields, mappingField{To: to, Const: fixed})
			continue
		}
		f.Fields = append(f.Fields, mappingField{To: to, From: from, Time: slices.Contains(timeTargets, to), Number: slices.Contains(numberTargets, to),
			Required: to == toReceived || to == toBody, Lookup: lookups(to)})
	}
	spec, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return nil, err
	}
	return ReadImportMapping(code, spec)
}

// lookups are the words that tables use for our codes.
func lookups(to string) map[string]string {
	switch to {
	case toStatus:
		return map[string]string{statusOpen: statusOpen, statusReplied: statusReplied, statusClosed: statusClosed, "待办": statusOpen, "待派单": statusOpen, "待签收": statusOpen,
			"办理中": statusOpen, "处理中": statusOpen, "未办结": statusOpen, "已答复": statusReplied, "已回复": statusReplied, "办结": statusClosed, "已办结": statusClosed, "已结案": statusClosed, "归档": statusClosed}
	case toDatum:
		return datumWords()
	case toType:
		return codeWords("request.type_", request.Types)
	case toChannel:
		return codeWords("request.channel_", request.Channels)
	}
	return nil
}

// datumWords are the names that tables use for coordinate systems. Another one
// passes and is refused by name.
func datumWords() map[string]string {
	return map[string]string{"*": "=", "wgs84": "wgs84", "WGS84": "wgs84", "WGS-84": "wgs84", "WGS 84": "wgs84", "EPSG:4326": "wgs84", "CGCS2000": "wgs84", "cgcs2000": "wgs84", "国家2000": "wgs84",
		"gcj02": "gcj02", "GCJ02": "gcj02", "GCJ-02": "gcj02", "高德": "gcj02", "腾讯": "gcj02", "火星坐标": "gcj02",
		"bd09": "bd09", "BD09": "bd09", "BD-09": "bd09", "百度": "bd09"}
}

// DatumOf is the code of a coordinate system by one of its names; another word
// comes back as it is.
func DatumOf(word string) string {
	if code, ok := datumWords()[word]; ok && word != "*" {
		return code
	}
	return word
}

// codeWords maps a code's names in both languages to it; anything else passes.
func codeWords(prefix string, codes []string) map[string]string {
	out := map[string]string{"*": "="}
	for _, code := range codes {
		out[code] = code
		out[locale.T(locale.ZH, prefix+code)] = code
		out[strings.ToLower(locale.T(locale.EN, prefix+code))] = code
	}
	return out
}
