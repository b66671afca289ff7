package conformance

import (
	"fmt"
	"testing"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// PicturesUnderTest keep pictures in two places that share them, as two processes
// do.
type PicturesUnderTest struct{ Pictures, Twin commands.Pictures }

// Pictures holds a store of pictures to its promises. open returns an empty one.
func Pictures(t *testing.T, open func(t *testing.T) PicturesUnderTest) {
	for name, property := range map[string]func(*testing.T, PicturesUnderTest){
		"a picture is kept until its time is over":   picturesUntil,
		"another one takes the place of a record's":  picturesReplaced,
		"those are removed whose time is over alone": picturesSwept,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

func (u PicturesUnderTest) keep(t *testing.T, record, picture string, until time.Time) {
	t.Helper()
	if err := u.Pictures.Keep(t.Context(), record, []byte(picture), until); err != nil {
		t.Fatal(err)
	}
}

// shows expects both places to have a picture at a time; "" for none.
func (u PicturesUnderTest) shows(t *testing.T, record string, at time.Time, want string) {
	t.Helper()
	for _, place := range []commands.Pictures{u.Pictures, u.Twin} {
		got, err := place.Picture(t.Context(), record, at)
		if want == "" {
			wantCode(t, "a picture that is gone", err, domain.NotFound)
		} else if err != nil || string(got) != want {
			t.Errorf("%s is %q, %v, want %q", record, got, err, want)
		}
	}
}

func picturesUntil(t *testing.T, u PicturesUnderTest) {
	u.shows(t, "a", noon, "")
	u.keep(t, "a", "one", noon.Add(time.Minute))
	u.shows(t, "a", noon, "one")
	u.shows(t, "b", noon, "")
	u.shows(t, "a", noon.Add(time.Minute-time.Microsecond), "one")
	u.shows(t, "a", noon.Add(time.Minute), "")
}

func picturesReplaced(t *testing.T, u PicturesUnderTest) {
	u.keep(t, "a", "one", noon.Add(time.Minute))
	u.keep(t, "a", "\x00two", noon.Add(time.Hour))
	u.shows(t, "a", noon.Add(time.Minute), "\x00two")
}

func picturesSwept(t *testing.T, u PicturesUnderTest) {
	for i := range 5 {
		u.keep(t, fmt.Sprint(i), "x", noon.Add(time.Duration(i)*time.Minute))
	}
	for _, want := range []int{2, 1, 0} { // those of 0, 1 and 2
		if n, err := u.Twin.Sweep(t.Context(), noon.Add(2*time.Minute), 2); err != nil || n != want {
			t.Errorf("%d are removed, %v, want %d", n, err, want)
		}
	}
	u.shows(t, "1", noon, "")
	u.shows(t, "3", noon, "x")
}
