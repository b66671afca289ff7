curl -H "Authorization: Bearer 7AZ_YOUR_API_KEY" \
     https://7azzani.com/api/scans/{scan_id}/status/
