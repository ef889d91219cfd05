package sample

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
)

// photo is a JPEG of a wall, a floor and a thing before them, as a tablet takes it. One
// that was taken with the tablet upright lies on its side, and says so in its EXIF data.
func photo(upright bool, r *rand.Rand) []byte {
	width, height := 320, 240
	if upright {
		width, height = height, width
	}
	scene := newScene(width, height, r)
	var b bytes.Buffer
	if !upright {
		encodeJPEG(&b, scene)
		return b.Bytes()
	}
	encodeJPEG(&b, onItsSide(scene))
	return append(append([]byte{0xFF, 0xD8}, exifTurned...), b.Bytes()[2:]...)
}

// exifTurned is the segment that says: to be turned by a quarter, clockwise.
var exifTurned = []byte("\xFF\xE1\x00\x22Exif\x00\x00MM\x00\x2A\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")

func encodeJPEG(b *bytes.Buffer, img image.Image) {
	// A bytes.Buffer never fails, and the encoder takes every size below 65,536.
	_ = jpeg.Encode(b, img, &jpeg.Options{Quality: 70})
}

func newScene(width, height int, r *rand.Rand) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	wall, tone := uint8(180+r.IntN(50)), uint8(r.IntN(30)) //nolint:gosec // small
	for y := range height {
		for x := range width {
			shade := uint8(60 * y / height) //nolint:gosec // at most 60
			c := color.RGBA{wall - shade, wall - shade - tone/2, wall - shade - tone, 255}
			if y > height*7/10 {
				c = color.RGBA{110 - shade/2, 100 - shade/2, 90 - shade/2, 255}
			}
			img.SetRGBA(x, y, c)
		}
	}
	thing := []color.RGBA{{200, 40, 35, 255}, {60, 110, 170, 255}, {150, 120, 60, 255}, {70, 130, 80, 255}}[r.IntN(4)]
	left, right := width/4+r.IntN(width/6), width*2/3+r.IntN(width/6)
	for y := height / 3; y < height*8/10; y++ {
		for x := left; x < right; x++ {
			light := uint8(40 * (x - left) / (right - left)) //nolint:gosec // at most 40
			img.SetRGBA(x, y, color.RGBA{thing.R - min(light, thing.R), thing.G - min(light, thing.G), thing.B - min(light, thing.B), 255})
		}
	}
	crack := float64(left)
	for y := height / 8; y < height*3/4; y++ { // what was found
		crack += r.Float64()*3 - 1.2
		for x := range 3 {
			img.SetRGBA(int(crack)+x, y, color.RGBA{40, 35, 30, 255})
		}
	}
	return img
}

// onItsSide turns a picture by a quarter, against the clock.
func onItsSide(img *image.RGBA) *image.RGBA {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	turned := image.NewRGBA(image.Rect(0, 0, height, width))
	for y := range height {
		for x := range width {
			turned.SetRGBA(y, width-1-x, img.RGBAAt(x, y))
		}
	}
	return turned
}

// signature is a PNG of a line that somebody drew with a finger, on nothing.
func signature(r *rand.Rand) []byte {
	const width, height, steps = 240, 80, 900
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.RGBA{}, color.RGBA{25, 30, 90, 255}})
	a, b, c := 2+r.Float64()*3, 5+r.Float64()*4, r.Float64()*math.Pi
	for i := range steps {
		at := float64(i) / steps
		x := 20 + at*200 + 14*math.Sin(2*math.Pi*b*at+c)
		y := 40 + 22*math.Sin(2*math.Pi*a*at+c)*math.Cos(3*at) + 6*math.Sin(2*math.Pi*b*at)
		for dy := range 3 {
			for dx := range 3 {
				img.SetColorIndex(int(x)+dx, int(y)+dy, 1)
			}
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, img) // a bytes.Buffer never fails
	return out.Bytes()
}
