if (description)
{
  script_oid("1.3.6.1.4.1.25623.1.0.999003");
  script_version("1");
  script_tag(name:"last_modification", value:"2026-11-28 00:00:00 +0000 (Sat, 28 Nov 2026)");
  script_tag(name:"creation_date", value:"2026-11-28 00:00:00 +0000 (Sat, 28 Nov 2026)");
  script_tag(name:"cvss_base", value:"0.0");
  script_tag(name:"cvss_base_vector", value:"AV:N/AC:L/Au:N/C:N/I:N/A:N");
  script_name("A slow test");
  script_category(ACT_END);
  script_family("General");
  script_copyright("none");
  script_tag(name:"summary", value:"Waits.");
  script_tag(name:"qod_type", value:"remote_banner");
  exit(0);
}
sleep(15);
exit(0);
