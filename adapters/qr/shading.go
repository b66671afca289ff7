package qr

import "image"

// lumas are what red, green and blue count in how light a pixel is, of 1000, as
// readers have it: by Rec. 709 and by Rec. 601.
var lumas = [][3]int{{213, 715, 72}, {299, 587, 114}}

// shading is how light each pixel of a picture is, and the sum of all that are above
// and to the left of it.
type shading struct {
	side  int
	light []int
	sums  []int
}

func shadesOf(picture *image.RGBA, weights [3]int) shading {
	s := shading{side: picture.Bounds().Dx()}
	s.light, s.sums = make([]int, s.side*s.side), make([]int, (s.side+1)*(s.side+1))
	for y := range s.side {
		row := 0
		for x := range s.side {
			c := picture.Pix[picture.PixOffset(x, y):]
			light := (int(c[0])*weights[0] + int(c[1])*weights[1] + int(c[2])*weights[2]) / 1000
			row += light
			s.light[y*s.side+x] = light
			s.sums[(y+1)*(s.side+1)+x+1] = s.sums[y*(s.side+1)+x+1] + row
		}
	}
	return s
}

// dark says whether a pixel is darker than what is around it.
func (s shading) dark(x, y, window int) bool {
	const noise = 3
	left, right := max(0, x-window/2), min(s.side, x+window/2)
	top, bottom := max(0, y-window/2), min(s.side, y+window/2)
	sum := func(x, y int) int { return s.sums[y*(s.side+1)+x] }
	all := sum(right, bottom) - sum(right, top) - sum(left, bottom) + sum(left, top)
	return (s.light[y*s.side+x]+noise)*(right-left)*(bottom-top) < all
}
