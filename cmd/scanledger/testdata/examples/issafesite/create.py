import requests
API_KEY = "your_api_key"
BASE = "https://issafesite.com/api/v1"
# Create a scan
res = requests.post(
f"{BASE}/scan",
headers={"Authorization": f"Bearer {API_KEY}"},
json={"url": "https://example.com", "depth": "DEEP"},
)
scan = res.json()
print(scan["id"], scan["status"])
