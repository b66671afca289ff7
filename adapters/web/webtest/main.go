package webtest

import (
	"testing"

	"go.uber.org/goleak"
)

// Main runs a package's tests and fails when they leave goroutines behind.
// The two that fasthttp lets sleep on are its own.
func Main(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"),
	)
}
