package domain

// OperatorAdded lets an account administer the installation.
type OperatorAdded struct{}

// OperatorRemoved takes that from it again, and with it from all its keys and
// logins.
type OperatorRemoved struct{}

// Kind implements Event.
func (OperatorAdded) Kind() string   { return "operator.added" }
func (OperatorRemoved) Kind() string { return "operator.removed" }

// SetOperator makes the account an operator, or none. What it is already it
// stays without an event.
func (a *Account) SetOperator(operator bool) []Event {
	switch {
	case a.Operator == operator:
		return nil
	case operator:
		return []Event{OperatorAdded{}}
	default:
		return []Event{OperatorRemoved{}}
	}
}
