//go:build failpoint

package failpoint

import (
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// passes makes this test binary come to a step over and over, and say so.
const passes = "FAILPOINT_TEST_PASSES"

func TestMain(m *testing.M) {
	if os.Getenv(passes) == "" {
		os.Exit(m.Run())
	}
	for range 5 {
		Here(RelayRead)
		Here(RelayMoved)
		os.Stdout.WriteString(".")
	}
}

func TestTheNthPassingKills(t *testing.T) {
	for text, want := range map[string]int{
		"relay.moved:1": 0, "relay.moved:3": 2, "relay.read:5": 4, "relay.moved:6": 5, "log.begun:1": 5, "": 5,
	} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), passes+"=1", setting+"="+text)
		out, _ := cmd.Output() // what it died of is looked at below
		status := cmd.ProcessState.Sys().(syscall.WaitStatus)
		if len(out) != want || (status.Signal() == syscall.SIGKILL) != (want < 5) {
			t.Errorf("%s=%s: %d rounds of %d, then %v", setting, text, len(out), want, cmd.ProcessState)
		}
	}
}

func TestASettingThatNamesNoStep(t *testing.T) {
	for _, text := range []string{"relay.moved", "relay.moved:", "relay.moved:0", "relay.moved:-1", "relay.moved:x", "nowhere:1", ":1"} {
		if _, err := parse(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
