# List first 10 scans
curl "https://your-scanner-domain/api/v1/scans?limit=10" \
  -H "Authorization: Bearer YOUR_API_TOKEN"

# Filter by target
curl "https://your-scanner-domain/api/v1/scans?target=192.168.1.1" \
  -H "Authorization: Bearer YOUR_API_TOKEN"
