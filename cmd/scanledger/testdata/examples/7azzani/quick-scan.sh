curl -X POST https://7azzani.com/api/scans/quick_scan/ \
     -H "Authorization: Bearer 7AZ_YOUR_API_KEY" \
     -H "Content-Type: application/json" \
     -d '{"url": "https://example.com"}'
