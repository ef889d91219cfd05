package intake

import (
	"fmt"
	"image"
	_ "image/gif"  // so that their sizes are known
	_ "image/jpeg" // likewise
	_ "image/png"  // likewise
	"io"
)

// readPicture holds a picture to its limits. Only the size of PNG, JPEG and GIF is read,
// and nothing is decoded; other kinds are held to their bytes.
func (c *check) readPicture(name string, r io.Reader) {
	c.report.Pictures++
	counted := &countedReader{r: r}
	config, _, err := image.DecodeConfig(counted)
	if pixels := int64(config.Width) * int64(config.Height); err == nil && pixels > c.limits.PicturePixels {
		c.add(CausePicture, Place{Part: name}, fmt.Sprintf("the picture has %d × %d pixels, %d are the limit", config.Width, config.Height, c.limits.PicturePixels), adviceSmallPic)
		return
	}
	_, _ = io.Copy(io.Discard, counted) // the archive tells of what is damaged
	if counted.n > c.limits.PictureBytes {
		c.add(CausePicture, Place{Part: name}, fmt.Sprintf("the picture has %d bytes, %d are the limit", counted.n, c.limits.PictureBytes), adviceSmallPic)
	}
}

type countedReader struct {
	r io.Reader
	n int64
}

func (c *countedReader) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}
