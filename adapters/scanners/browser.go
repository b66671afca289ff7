package scanners

// Browser is where the browser is that pages are opened in: at the path that
// is set, else Chromium or Chrome on PATH. Its error, Missing, says what to do.
func Browser(path string) (string, error) {
	found, err := program(path, "chromium", "chromium-browser", "google-chrome")
	if err != nil {
		return "", Missing{err.Error(), "install Chromium (apt-get install chromium), or set SCANLEDGER_CHROMIUM to its path"}
	}
	return found, nil
}
