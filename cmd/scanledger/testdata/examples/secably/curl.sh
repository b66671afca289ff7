# Use your API key (get it from your profile page)
API_KEY="your_api_key_here"

# Get user profile
curl -X GET https://secably.com/api/v1/profile/ \
  -H "Authorization: Bearer $API_KEY"

# Get user statistics
curl -X GET https://secably.com/api/v1/stats/ \
  -H "Authorization: Bearer $API_KEY"

# Create a target
curl -X POST https://secably.com/api/v1/targets/ \
  -H "Authorization: Bearer $API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"name":"My Website","target_value":"example.com","target_type":"hostname","description":"Production website"}'

# List your targets
curl -X GET https://secably.com/api/v1/targets/ \
  -H "Authorization: Bearer $API_KEY"

# Start Nmap scan
curl -X POST https://secably.com/api/v1/nmap/scan/ \
  -H "Authorization: Bearer $API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"target_id":1,"scan_config":{"scan_type":"full","port_range":"1-1000"}}'

# Start SSLyze scan
curl -X POST https://secably.com/api/v1/sslyze/scan/ \
  -H "Authorization: Bearer $API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"target_id":1,"scan_config":{"check_certificate":"true","check_tls_versions":"true"}}'

# Check Nmap scan status
curl -X GET https://secably.com/api/v1/nmap/scan/5309/ \
  -H "Authorization: Bearer $API_KEY"

# Check SSLyze scan status
curl -X GET https://secably.com/api/v1/sslyze/scan/5310/ \
  -H "Authorization: Bearer $API_KEY"

# Export scan results as PDF
curl -X POST https://secably.com/api/v1/scans/5309/export/ \
  -H "Authorization: Bearer $API_KEY" \
  -H "Content-Type: application/json" \
  -d '{"format":"pdf"}' \
  --output scan_report.pdf
