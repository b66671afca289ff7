package render

import "strconv"

// entry is a chapter and where it begins.
type entry struct {
	title string
	page  int
	y     float64
}

// enter notes that a chapter begins here, for the outline and the contents.
func (s *sheet) enter(title string) {
	s.use(body)
	s.f.Bookmark(outline(title), 0, s.y)
	s.chapters = append(s.chapters, entry{title, s.f.PageNo(), s.y})
}

// contentRows is how many chapters stand below each other in the contents,
// and contentRow the height of each.
const (
	contentRows = 7
	contentRow  = 5.2
)

// reserve leaves room for the contents, which are known when all pages are.
func (s *sheet) reserve() {
	const height = 9 + contentRows*contentRow
	s.y += 3
	s.ensure(height)
	s.listed = entry{"Contents", s.f.PageNo(), s.y}
	s.y += height
}

// contents writes the chapters into the room that was left for them, in two
// columns, each a link with its page.
func (s *sheet) contents() {
	s.f.SetPage(s.listed.page)
	s.place(head, s.left, s.listed.y, s.listed.title)
	column := (s.width - 12) / 2
	for i, c := range s.chapters {
		if i >= 2*contentRows {
			return
		}
		x, y := s.left+float64(i/contentRows)*(column+12), s.listed.y+9+float64(i%contentRows)*contentRow
		s.place(body, x, y, c.title)
		number := s.line(regular, strconv.Itoa(c.page))
		s.draw(body, x+column-number.width(body.size), y, number)
		s.fill(light.line)
		s.f.Rect(x, y+body.leading()+0.2, column, 0.2, "F")
		to := s.f.AddLink()
		s.f.SetLink(to, c.y, c.page)
		s.f.Link(x, y, column, contentRow, to)
	}
}
