if (description)
{
  script_oid("1.3.6.1.4.1.25623.1.0.999002");
  script_version("1");
  script_tag(name:"last_modification", value:"2026-11-28 00:00:00 +0000 (Sat, 28 Nov 2026)");
  script_tag(name:"creation_date", value:"2026-11-28 00:00:00 +0000 (Sat, 28 Nov 2026)");
  script_tag(name:"severity_vector", value:"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N");
  script_tag(name:"severity_origin", value:"NVD");
  script_tag(name:"severity_date", value:"2026-11-28 00:00:00 +0000 (Sat, 28 Nov 2026)");
  script_tag(name:"cvss_base", value:"7.5");
  script_tag(name:"cvss_base_vector", value:"AV:N/AC:L/Au:N/C:C/I:N/A:N");
  script_name("A finding of tests");
  script_category(ACT_GATHER_INFO);
  script_family("General");
  script_copyright("none");
  script_cve_id("CVE-2021-41773");
  script_tag(name:"summary", value:"Something stands open.");
  script_tag(name:"insight", value:"It does.");
  script_tag(name:"solution", value:"Close it.");
  script_tag(name:"solution_type", value:"Mitigation");
  script_tag(name:"qod_type", value:"remote_banner");
  script_dependencies("test_ports.nasl");
  exit(0);
}
security_message(port:28090, data:"seen on the port");
exit(0);
