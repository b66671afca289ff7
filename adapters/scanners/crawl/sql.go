package crawl

import (
	"context"
	"fmt"
	"regexp"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// complaints are what databases and those who speak for them say of a statement
// that is no longer one.
var complaints = []struct {
	says *regexp.Regexp
	of   string
}{
	{regexp.MustCompile(`You have an error in your SQL syntax|check the manual that (?:corresponds to|fits) your (?:MySQL|MariaDB) server version|Warning.{0,20}\Wmysqli?_|MySqlException|com\.mysql\.(?:cj\.)?jdbc|valid MySQL result`), "MySQL"},
	{regexp.MustCompile(`PostgreSQL.{0,20}ERROR|Warning.{0,20}\Wpg_|unterminated quoted string at or near|ERROR:\s+syntax error at or near|org\.postgresql\.util\.PSQLException|Npgsql\.PostgresException|psycopg2?\.errors\.|PG::SyntaxError`), "PostgreSQL"},
	{regexp.MustCompile(`Unclosed quotation mark (?:after|before) the character string|Microsoft OLE DB Provider for (?:ODBC Drivers|SQL Server)|\[SQL Server\]|System\.Data\.SqlClient\.SqlException|Microsoft\.Data\.SqlClient|Incorrect syntax near '|Warning.{0,20}\W(?:mssql|sqlsrv)_`), "SQL Server"},
	{regexp.MustCompile(`\bORA-(?:00933|00921|01756|00936|01789|00907)\b|quoted string not properly terminated|Warning.{0,20}\Woci_|oracle\.jdbc`), "Oracle"},
	{regexp.MustCompile(`SQLite/JDBCDriver|SQLite\.Exception|System\.Data\.SQLite\.SQLiteException|sqlite3\.OperationalError|SQLITE_ERROR|SQLite3::SQLException|near "[^"]{0,40}": syntax error|unrecognized token: "`), "SQLite"},
	{regexp.MustCompile(`CLI Driver.{0,20}DB2|DB2 SQL error|\bSQLCODE[=: ]+-\d+|com\.ibm\.db2\.jcc`), "DB2"},
	{regexp.MustCompile(`SQLSTATE\[[0-9A-Z]{5}\]|java\.sql\.SQL(?:Syntax\w+)?Exception|org\.hibernate\.(?:QueryException|exception\.SQLGrammarException)|sqlalchemy\.exc\.(?:ProgrammingError|OperationalError)|ActiveRecord::StatementInvalid|Doctrine\\DBAL`), "a database"},
}

// complaint is the first one in a page: whose it is, and where it stands.
func complaint(body []byte) (of string, at []int) {
	for _, c := range complaints {
		if at := c.says.FindIndex(body); at != nil {
			return c.of, at
		}
	}
	return "", nil
}

// breaksSQL sends a single quote after the value. A complaint counts that comes
// with the quote, both times, and not without it, before and twice between, so
// that a database which fails now and then is none.
func breaksSQL(ctx context.Context, a *active, p *point, found *scanners.Answer) error {
	if of, _ := complaint(found.Body); of != "" {
		return nil // it complains anyway
	}
	quoted := p.value() + "'"
	first, err := a.ask(ctx, p, quoted, false)
	if err != nil {
		return err
	}
	of, at := complaint(first.Body)
	if of == "" {
		return nil
	}
	for range 2 {
		control, err := a.ask(ctx, p, p.value(), false)
		if err != nil {
			return err
		}
		if of, _ := complaint(control.Body); of != "" {
			return nil
		}
	}
	second, err := a.ask(ctx, p, quoted, false)
	if err != nil {
		return err
	}
	if again, _ := complaint(second.Body); again != of {
		return nil
	}
	said := string(first.Body[at[0]:at[1]])
	a.raise(sqlError, p, fmt.Sprintf("With a single quote after the value of %s the answer has an error of %s, %s, and without it none.", scanners.Quote(p.name()), of, scanners.Quote(said)), first, said)
	return nil
}
