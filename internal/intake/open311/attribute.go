package open311

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"gongzhi/internal/actor"
	"gongzhi/internal/fault"
	"gongzhi/internal/intake/open311/georeport"
	"gongzhi/internal/sqldb"
)

var attributeCode = regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`)

// SaveAttributeTx adds a question for other systems to a service, beside those
// that the catalogue asks of everybody, or changes it.
func (s *Service) SaveAttributeTx(tx *sqldb.Tx, a actor.Actor, category string, x georeport.Attribute) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	var wrong fault.Fields
	list := x.Datatype == georeport.SingleValueList || x.Datatype == georeport.MultiValueList
	switch {
	case !attributeCode.MatchString(x.Code):
		wrong.Add("code", "georeport.attribute_code")
	case !slices.Contains(georeport.Datatypes, x.Datatype):
		wrong.Add("datatype", "georeport.choose")
	case !x.Variable && x.Required:
		wrong.Add("required", "georeport.attribute_contradicts")
	case list != (len(x.Values) > 0):
		wrong.Add("values", "georeport.attribute_values")
	case x.Description == "" || len([]rune(x.Description)) > 200:
		wrong.Add("description", "georeport.attribute_text")
	}
	if err := wrong.Err(); err != nil {
		return err
	}
	spec, err := json.Marshal(x)
	if err != nil {
		return err
	}
	const q = `insert into intake_open311_attribute(category, code, position, spec) values ($1, $2, $3, $4) on conflict (category, code) do update set spec = excluded.spec, position = excluded.position`
	if err := tx.Exec(q, category, x.Code, x.Order, string(spec)); err != nil {
		return fmt.Errorf("attribute %s of %s: %w", x.Code, category, err)
	}
	return revise(tx, a, "attribute/"+category+"/"+x.Code, nil, x)
}

// DropAttributeTx removes such a question.
func (s *Service) DropAttributeTx(tx *sqldb.Tx, a actor.Actor, category, code string) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	if err := tx.Exec(`delete from intake_open311_attribute where category = $1 and code = $2`, category, code); err != nil {
		return err
	}
	return revise(tx, a, "attribute/"+category+"/"+code, code, nil)
}

// SaveServiceTx says whether a service gives its number at once, or a token
// first.
func (s *Service) SaveServiceTx(tx *sqldb.Tx, a actor.Actor, category string, batch bool) error {
	if err := actor.Can(a, "setup.city"); err != nil {
		return err
	}
	const q = `insert into intake_open311_service(category, kind) values ($1, $2) on conflict (category) do update set kind = excluded.kind`
	if err := tx.Exec(q, category, kindOf(batch)); err != nil {
		return fmt.Errorf("service %s: %w", category, err)
	}
	return revise(tx, a, "service/"+category, nil, kindOf(batch))
}
