package domain_test

import (
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestGradeOf(t *testing.T) {
	for _, c := range []struct {
		score int
		want  string
	}{
		{165, "A+"}, {100, "A+"}, {99, "A"}, {95, "A"}, {90, "A"}, {89, "A-"}, {85, "A-"},
		{84, "B+"}, {80, "B+"}, {79, "B"}, {70, "B"}, {69, "B-"}, {65, "B-"},
		{64, "C+"}, {60, "C+"}, {59, "C"}, {50, "C"}, {49, "C-"}, {45, "C-"},
		{44, "D+"}, {40, "D+"}, {39, "D"}, {30, "D"}, {29, "D-"}, {25, "D-"},
		{24, "F"}, {1, "F"}, {0, "F"}, {-10, "F"},
	} {
		if got := domain.GradeOf(c.score); got != c.want {
			t.Errorf("GradeOf(%d) = %q, want %q", c.score, got, c.want)
		}
	}
}

func TestObservatory(t *testing.T) {
	for name, c := range map[string]struct {
		modifiers []int
		score     int
		grade     string
	}{
		"nothing tested has no grade":      {nil, 0, ""},
		"nothing for or against":           {[]int{0, 0}, 100, "A+"},
		"bonuses on a clean site":          {[]int{10, 5, 5}, 120, "A+"},
		"all bonuses there are":            {[]int{10, 5, 5, 5, 5, 5, 10, 10, 10}, 165, "A+"},
		"bonuses count from 90 on":         {[]int{-10, 5}, 95, "A"},
		"and lift over 100":                {[]int{-5, -5, 10, 10}, 110, "A+"},
		"below 90 no bonus counts":         {[]int{-10, -5, 10, 10}, 85, "A-"},
		"one point short of 90 is short":   {[]int{-11, 50}, 89, "A-"},
		"a bare site":                      {[]int{-25, -20, -20, -5, -20}, 10, "F"},
		"never below zero":                 {[]int{-50, -50, -25}, 0, "F"},
		"zero modifiers are no bonus":      {[]int{-20, 0, 0}, 80, "B+"},
		"order does not matter":            {[]int{5, -10}, 95, "A"},
		"bonuses cannot buy back a fault":  {[]int{-50, 10, 10, 10, 10, 10}, 50, "C"},
		"just enough for the lowest grade": {[]int{-50, -25}, 25, "D-"},
	} {
		t.Run(name, func(t *testing.T) {
			var tests []domain.ObservatoryTest
			for _, m := range c.modifiers {
				tests = append(tests, domain.ObservatoryTest{Modifier: m})
			}
			if score, grade := domain.Observatory(tests); score != c.score || grade != c.grade {
				t.Errorf("Observatory(%v) = %d %q, want %d %q", c.modifiers, score, grade, c.score, c.grade)
			}
		})
	}
}
