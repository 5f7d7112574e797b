package content_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gongzhi/internal/demo/content"
)

func TestUnitsFormOneTree(t *testing.T) {
	c := city(t)
	seen := map[string]bool{}
	kinds := map[string]int{}
	phones := map[string]bool{}
	for _, u := range c.Units {
		if seen[u.Code] {
			t.Errorf("%s: code used twice", u.Code)
		}
		if _, ok := c.Unit(u.Parent); !ok && u.Parent != "" {
			t.Errorf("%s: parent %q does not exist", u.Code, u.Parent)
		}
		if u.Parent == "" && u.Kind != content.KindCity {
			t.Errorf("%s: only the city has nothing above it", u.Code)
		}
		if u.Name == "" || u.Short == "" || u.Remit == "" || u.Hours == "" {
			t.Errorf("%s: something is empty: %+v", u.Code, u)
		}
		seen[u.Code] = true
		kinds[u.Kind]++
		phones[u.Phone] = true
	}
	if kinds[content.KindDepartment] < 34 || kinds[content.KindUtility] < 6 ||
		kinds[content.KindContractor] < 4 || kinds[content.KindHotline] != 1 || kinds[content.KindCity] != 1 {
		t.Errorf("kinds: %v", kinds)
	}
	if len(phones) != len(c.Units) {
		t.Errorf("got %d phones for %d units", len(phones), len(c.Units))
	}
}

// A number that rings at somebody's desk must never be in a demonstration.
func TestPhonesCannotBeDialled(t *testing.T) {
	form := regexp.MustCompile(`^0XXX-[0-9]{7}$`)
	c := city(t)
	for _, u := range c.Units {
		if !form.MatchString(u.Phone) {
			t.Errorf("%s: phone %q", u.Code, u.Phone)
		}
	}
	for _, b := range c.Bureaus {
		if u := b.Of("d1", "南湖区", 1); !form.MatchString(u.Phone) || strings.ContainsAny(u.Name+u.Short, "{}") {
			t.Errorf("bureau %s: %+v", b.Code, u)
		}
	}
}

func TestStaffFillEveryRole(t *testing.T) {
	c := city(t)
	least := map[string]int{content.RoleAgent: 6, content.RoleDispatcher: 3, content.RoleReviewer: 3,
		content.RoleSupervisor: 2, content.RoleAuditor: 1, content.RoleSysadmin: 1, content.RoleSecadmin: 1,
		content.RoleClerk: 10, content.RoleLead: 5}
	got := map[string]int{}
	numbers, names := map[string]bool{}, map[string]bool{}
	territory := regexp.MustCompile(`^(district|street|community):[1-9][0-9]*$`)
	for _, s := range c.Staff {
		got[s.Role]++
		if numbers[s.Number] || names[s.Name] {
			t.Errorf("%s %s: number or name used twice", s.Number, s.Name)
		}
		numbers[s.Number], names[s.Name] = true, true
		if _, ok := c.Unit(s.Unit); !ok && !territory.MatchString(s.Unit) {
			t.Errorf("%s: unit %q does not exist", s.Name, s.Unit)
		}
	}
	for role, n := range least {
		if got[role] < n {
			t.Errorf("role %s: got %d, want at least %d", role, got[role], n)
		}
	}
	if len(c.Staff) < 40 {
		t.Errorf("got %d staff, want at least 40", len(c.Staff))
	}
	for _, want := range []string{"street:1", "street:3", "community:1", "community:5"} {
		if !slices.ContainsFunc(c.Staff, func(s content.Staff) bool { return s.Unit == want }) {
			t.Errorf("nobody works at %s", want)
		}
	}
}
