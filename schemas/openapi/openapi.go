// Package openapi is the OpenAPI documents by which the server answers: one of
// each contract, and scanledger of all, each as YAML and as JSON. They are
// written by hand in parts/, and bundled from there by make schemas.
package openapi

import "embed"

// Files are the documents.
//
//go:embed *.yaml *.json
var Files embed.FS
