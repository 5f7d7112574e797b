package open311

// formatWord is a format as the form names it.
func formatWord(json bool) string {
	if json {
		return "json"
	}
	return "xml"
}

// mark is how a ticked box reads.
func mark(on bool) string {
	if on {
		return "1"
	}
	return ""
}

func waitOf(d Destination) int {
	if d.Switches.Wait == 0 {
		return 60
	}
	return d.Switches.Wait
}

func keyHint(p partnerPage) string {
	if p.HasKey {
		return p.T("georeport.partner_key_kept")
	}
	return p.T("georeport.partner_key_hint")
}

type switchRow struct{ name, value string }

// switchRows are the boxes of a destination's form in their order.
func switchRows(d Destination) []switchRow {
	w := d.Switches
	return []switchRow{{"photos", mark(w.Photos)}, {"upload", mark(w.Upload)}, {"extended", mark(w.Extended)}, {"requests", mark(w.Requests)},
		{"all", mark(w.All)}, {"contact", mark(w.Contact)}}
}
