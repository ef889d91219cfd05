package intake

import (
	"errors"
	"fmt"
	"io"

	"github.com/jetsheet/jetsheet/renderer/xlsx/picture"
)

// readPicture holds a picture to its limits. Kinds that are not PNG, JPEG or GIF are held
// to their bytes alone.
func (c *check) readPicture(name string, r io.Reader) {
	c.report.Pictures++
	place, most := Place{Part: name}, c.limits.PictureBytes
	data, err := io.ReadAll(io.LimitReader(r, most+1))
	if err != nil {
		return // the archive tells of what is damaged
	}
	if int64(len(data)) > most {
		c.add(CausePicture, place, fmt.Sprintf("the picture has more than %d bytes", most), adviceSmallPic)
		return
	}
	if _, err := picture.Read(data, picture.Limits{Bytes: len(data), Pixels: c.limits.PicturePixels}); errors.Is(err, picture.ErrTooLarge) {
		c.add(CausePicture, place, err.Error(), adviceSmallPic)
	}
}
