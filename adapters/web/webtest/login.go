package webtest

// LogIn logs in, and gives the tokens.
func (s *Server) LogIn(email, password string) (access, refresh string) {
	s.t.Helper()
	a := s.Post("/api/v1/auth/login/", `{"email": "`+email+`", "password": "`+password+`"}`, "Authorization:").Is(200)
	return a.Field("access"), a.Field("refresh")
}

// Sensitive are names that nobody may write, beside all that answers have.
var Sensitive = []string{
	"id", "pk", "uuid", "account", "account_id", "user", "user_id", "owner", "team", "role", "roles", "is_admin", "is_staff", "is_superuser", "admin", "operator",
	"plan", "credits", "balance", "permissions", "password", "email", "verified", "date_joined",
}
