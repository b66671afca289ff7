package domain

// Stream names one aggregate's history: "<aggregate>-<uuid>", as "scan-…".
type Stream string
