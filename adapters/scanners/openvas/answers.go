package openvas

import "encoding/xml"

// What is asked of gvmd, as GMP 22.4 and later have it.
type (
	credentials struct {
		User     string `xml:"credentials>username"`
		Password string `xml:"credentials>password"`
	}
	nothing  struct{}
	byFilter struct {
		Task    string `xml:"task_id,attr,omitempty"`
		Report  string `xml:"report_id,attr,omitempty"`
		Filter  string `xml:"filter,attr,omitempty"`
		Details string `xml:"details,attr,omitempty"`
	}
	ofTask struct {
		Task     string `xml:"task_id,attr"`
		Ultimate string `xml:"ultimate,attr,omitempty"`
	}
	ofTarget struct {
		Target   string `xml:"target_id,attr"`
		Ultimate string `xml:"ultimate,attr"`
	}
	reference struct {
		ID string `xml:"id,attr"`
	}
	newTarget struct {
		Name     string     `xml:"name"`
		Comment  string     `xml:"comment"`
		Hosts    string     `xml:"hosts"`
		PortList *reference `xml:"port_list"`
		Ports    string     `xml:"port_range,omitempty"`
		Alive    string     `xml:"alive_tests>alive_test"`
	}
	newTask struct {
		Name    string    `xml:"name"`
		Comment string    `xml:"comment"`
		Config  reference `xml:"config"`
		Target  reference `xml:"target"`
		Scanner reference `xml:"scanner"`
	}
)

// What gvmd answers, as far as we read it.
type (
	version struct {
		Version string `xml:"version"`
	}
	created struct {
		ID string `xml:"id,attr"`
	}
	named struct {
		ID   string `xml:"id,attr"`
		Name string `xml:"name"`
	}
	configs struct {
		All []named `xml:"config"`
	}
	portLists struct {
		All []named `xml:"port_list"`
	}
	targets struct {
		All []named `xml:"target"`
	}
	tasks struct {
		All []task `xml:"task"`
	}
	results struct {
		All []result `xml:"result"`
	}
)

// task is a scan as gvmd knows it.
type task struct {
	named
	Comment  string    `xml:"comment"`
	Target   reference `xml:"target"`
	Status   string    `xml:"status"`
	Current  reference `xml:"current_report>report"`
	Last     reference `xml:"last_report>report"`
	Progress string    `xml:"progress"` // a number, -1 where none is meant; older versions add one a host
}

// result is one finding of OpenVAS.
type result struct {
	ID   string    `xml:"id,attr"`
	Task reference `xml:"task"`
	Name string    `xml:"name"`
	Host struct {
		Address string `xml:",chardata"`
		Name    string `xml:"hostname"`
	} `xml:"host"`
	Port        string `xml:"port"` // "443/tcp", "general/tcp"
	NVT         nvt    `xml:"nvt"`
	Severity    string `xml:"severity"` // 0.0 to 10.0; below 0 for false positives and errors
	Quality     string `xml:"qod>value"`
	Description string `xml:"description"`
	Raw         []byte `xml:",innerxml"`
}

// nvt is the test that a result is of.
type nvt struct {
	OID        string `xml:"oid,attr"`
	Name       string `xml:"name"`
	Severities []struct {
		Vector string `xml:"value"`
	} `xml:"severities>severity"`
	Tags     string `xml:"tags"` // "name=text|name=text"
	Solution string `xml:"solution"`
	Refs     []struct {
		Type string `xml:"type,attr"`
		ID   string `xml:"id,attr"`
	} `xml:"refs>ref"`
}

// report is what a scan says of itself, beside its results.
type report struct {
	XMLName xml.Name
	Hosts   []struct {
		IP  string `xml:"ip"`
		End string `xml:"end"`
	} `xml:"report>report>host"`
	Errors []struct {
		Host        string `xml:"host"`
		Port        string `xml:"port"`
		Description string `xml:"description"`
		NVT         nvt    `xml:"nvt"`
	} `xml:"report>report>errors>error"`
}
