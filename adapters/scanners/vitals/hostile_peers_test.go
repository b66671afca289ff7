//go:build peers

package vitals

import (
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestPeersHostilePages opens more of the pages that TestHostilePages opens.
func TestPeersHostilePages(t *testing.T) {
	hostilePages = append(hostilePages, []hostile{
		{"a script without end before the first paint", `<h1>a</h1><script>for(;;);</script>`, domain.Skipped, "painted nothing"},
		{"a page that does not let go", `<h1>a</h1><script>onbeforeunload=()=>"no";setInterval(()=>location.reload(),50)</script>`, "", ""},
		{"a page that goes on and on", `<h1>a</h1><script>location.href="/"+Math.random()</script>`, "", ""},
		{"frames within frames", `<h1>a</h1><iframe src="/?a"></iframe><iframe src="/?b"></iframe>`, "", ""},
		{"a heap without end", `<h1>a</h1><script>let a=[];for(;;)a.push({a:[a.length,Math.random()+""]})</script>`, "", ""},
		{"layout shifts without end", `<h1 id=a>a</h1><script>setInterval(()=>{a.style.marginTop=Math.random()*300+"px"},1)</script>`, "", ""},
		{"windows", `<h1>a</h1><script>setInterval(()=>open("/"+Math.random()),1)</script>`, "", ""},
		{"downloads", `<h1>a</h1><script>setInterval(()=>{const a=document.createElement("a");a.href="data:application/x,aaaa";a.download="a";a.click()},5)</script>`, "", ""},
		{"a console without end", `<h1>a</h1><script>const s="a".repeat(1e6);setInterval(()=>{for(let i=0;i<20;i++)console.log(s+i)},1)</script>`, "", ""},
		{"a place in files", `<h1>a</h1><script>location.href="file:///etc/passwd"</script><iframe src="file:///etc/passwd"></iframe>`, "", ""},
	}...)
	TestHostilePages(t)
}
