package content

import (
	"fmt"
	"strings"
)

// Unit kinds. Districts, streets and communities come from the geography.
const (
	KindCity       = "city"
	KindDepartment = "department"
	KindUtility    = "utility"
	KindContractor = "contractor"
	KindHotline    = "hotline"
)

// Unit is an organisation that serves the whole city.
type Unit struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Short  string `json:"short"`
	Kind   string `json:"kind"`
	Parent string `json:"parent"` // code of the unit above; empty for the city itself
	Phone  string `json:"phone"`  // duty phone, invalid on purpose
	Remit  string `json:"remit"`  // what it answers for, one sentence
	Hours  string `json:"hours"`
}

// Bureau is an office that every district has; Of names it for one district.
type Bureau struct {
	Code  string `json:"code"`
	Name  string `json:"name"`  // {区} is the district's name
	Short string `json:"short"` // likewise
	Phone string `json:"phone"` // {序} is the district's number in the city
	Remit string `json:"remit"`
	Hours string `json:"hours"`
}

// Of is the bureau of one district: parent is the code of that district's
// government, nth its number in the city, counted from 1. Its code is
// "<parent>-<bureau>", so that references stay readable.
func (b Bureau) Of(parent, district string, nth int) Unit {
	fill := strings.NewReplacer("{区}", district, "{序}", fmt.Sprintf("%02d", nth))
	return Unit{
		Code:   parent + "-" + b.Code,
		Name:   fill.Replace(b.Name),
		Short:  fill.Replace(b.Short),
		Kind:   KindDepartment,
		Parent: parent,
		Phone:  fill.Replace(b.Phone),
		Remit:  b.Remit,
		Hours:  b.Hours,
	}
}

// Staff roles.
const (
	RoleAgent      = "agent"      // 话务员
	RoleDispatcher = "dispatcher" // 派单员
	RoleClerk      = "clerk"      // 经办
	RoleLead       = "lead"       // 负责人
	RoleReviewer   = "reviewer"   // 回访员, who also reviews answers
	RoleSupervisor = "supervisor" // 督办
	RoleAuditor    = "auditor"    // 审计
	RoleSysadmin   = "sysadmin"   // 系统管理员
	RoleSecadmin   = "secadmin"   // 安全管理员
)

// Staff is a person with an account. Unit is a unit code, or "district:1",
// "street:3", "community:5": the nth of its kind in the geography, from 1.
type Staff struct {
	Number string `json:"number"`
	Name   string `json:"name"`
	Role   string `json:"role"`
	Unit   string `json:"unit"`
}

// Unit finds a city-wide unit by code.
func (c *City) Unit(code string) (Unit, bool) {
	i, ok := c.unit[code]
	if !ok {
		return Unit{}, false
	}
	return c.Units[i], true
}
