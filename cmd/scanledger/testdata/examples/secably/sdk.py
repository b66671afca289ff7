import requests

# Login
response = requests.post('https://secably.com/api/v1/auth/login/', json={
    'email': 'user@example.com',
    'password': 'password123'
})
token = response.json()['access']

# Add target
headers = {'Authorization': f'Bearer {token}'}
response = requests.post('https://secably.com/api/v1/targets/',
    headers=headers,
    json={
        'name': 'Production Server',
        'target_value': '192.168.1.100',
        'description': 'Main server'
    }
)
target_id = response.json()['id']

# Start scan using enhanced API
response = requests.post('https://secably.com/api/v1/scans/create/',
    headers=headers,
    json={
        'target_id': target_id,
        'scanner_type': 'nmap',
        'scan_config': {'scan_type': 'fast'}
    }
)
scan_id = response.json()['scan_id']

# Check scan status
response = requests.get(f'https://secably.com/api/v1/scans/{scan_id}/',
    headers=headers
)
scan_result = response.json()
print(f"Scan status: {scan_result['status']}")
