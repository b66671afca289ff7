# Install: pip install requests

import requests

API_KEY = "7AZ_your_api_key_here"
BASE_URL = "https://7azzani.com"

headers = {
    "Authorization": f"Bearer {API_KEY}",
    "Content-Type": "application/json"
}

# Security Scan
def run_security_scan(url):
    response = requests.post(
        f"{BASE_URL}/api/scans/quick_scan/",
        headers=headers,
        json={"url": url, "scan_type": "quick"}
    )
    return response.json()

# URL Shortener
def shorten_url(long_url):
    response = requests.post(
        f"{BASE_URL}/shrinkit/api/shorten/",
        headers=headers,
        json={"url": long_url}
    )
    return response.json()

# Domain Lookup
def lookup_domain(domain):
    response = requests.post(
        f"{BASE_URL}/lookup/api/lookup/",
        headers=headers,
        json={"domain": domain, "lookup_type": "all"}
    )
    return response.json()

# Usage example
result = run_security_scan("https://example.com")
print(f"Scan ID: {result['scan_id']}")
