package georeport

// DiscoveryOf writes a discovery document.
func DiscoveryOf(f Format, d Discovery) []byte {
	w := NewWriter(f)
	w.Object("discovery")
	w.Time("changeset", d.Changeset)
	w.Text("contact", d.Contact)
	w.Text("key_service", d.KeyService)
	w.List("endpoints")
	for _, e := range d.Endpoints {
		w.Object("endpoint")
		w.Text("specification", e.Specification)
		w.Text("url", e.URL)
		w.Time("changeset", e.Changeset)
		w.Text("type", e.Type)
		w.List("formats")
		for _, media := range e.Formats {
			w.Text("format", media)
		}
		w.End()
		w.End()
	}
	w.End()
	w.End()
	return w.Bytes()
}

// ServicesOf writes a list of services.
func ServicesOf(f Format, list []Service) []byte {
	w := NewWriter(f)
	w.List("services")
	for _, s := range list {
		w.Object("service")
		w.Text("service_code", s.Code)
		w.Text("service_name", s.Name)
		w.Text("description", s.Description)
		w.Bool("metadata", s.Metadata)
		w.Text("type", s.Type)
		w.Text("keywords", s.Keywords)
		w.Text("group", s.Group)
		w.End()
	}
	w.End()
	return w.Bytes()
}

// DefinitionOf writes what a service asks.
func DefinitionOf(f Format, d Definition) []byte {
	w := NewWriter(f)
	w.Object("service_definition")
	w.Text("service_code", d.Code)
	w.List("attributes")
	for _, a := range d.Attributes {
		w.Object("attribute")
		w.Bool("variable", a.Variable)
		w.Text("code", a.Code)
		w.Text("datatype", a.Datatype)
		w.Bool("required", a.Required)
		w.Text("datatype_description", a.Hint)
		w.Int("order", int64(a.Order))
		w.Text("description", a.Description)
		if a.Automated != "" {
			w.Text("automated", a.Automated)
		}
		if len(a.Values) > 0 {
			w.List("values")
			for _, v := range a.Values {
				w.Object("value")
				w.Text("key", v.Key)
				w.Text("name", v.Name)
				w.End()
			}
			w.End()
		}
		w.End()
	}
	w.End()
	w.End()
	return w.Bytes()
}

// RequestsOf writes a list of requests.
func RequestsOf(f Format, list []Request) []byte {
	w := NewWriter(f)
	w.List("service_requests")
	for i := range list {
		w.request(&list[i])
	}
	w.End()
	return w.Bytes()
}

func (w *Writer) request(r *Request) {
	w.Object("request")
	w.Text("service_request_id", r.ID)
	w.Text("status", r.Status)
	w.Text("status_notes", r.Notes)
	w.Text("service_name", r.ServiceName)
	w.Text("service_code", r.ServiceCode)
	w.Text("description", r.Description)
	w.Text("agency_responsible", r.Agency)
	w.Text("service_notice", r.Notice)
	w.Time("requested_datetime", r.Requested)
	w.Time("updated_datetime", r.Updated)
	w.Time("expected_datetime", r.Expected)
	w.Text("address", r.Address)
	w.Text("address_id", r.AddressID)
	w.Text("zipcode", r.Zip)
	if r.Placed {
		w.Float("lat", r.Lat)
		w.Float("long", r.Long)
	} else {
		w.Null("lat")
		w.Null("long")
	}
	media := ""
	if len(r.Media) > 0 {
		media = r.Media[0]
	}
	w.Text("media_url", media)
	if r.Extended != nil {
		w.extended(r)
	}
	w.End()
}

// extended writes the fields of extensions, each where its inventors put it.
func (w *Writer) extended(r *Request) {
	x := r.Extended
	w.Object("extended_attributes")
	w.Text("title", x.Title)
	w.Text("detailed_status", x.Detailed)
	w.Time("detailed_status_datetime", x.DetailedAt)
	w.Text("channel", x.Channel)
	w.Int("votes", x.Votes)
	w.List("media_urls")
	for _, m := range r.Media {
		w.Text("media_url", m)
	}
	w.End()
	w.End()
	w.List("attributes")
	for _, a := range x.Attributes {
		w.Object("attribute")
		w.Text("code", a.Code)
		w.Text("label", a.Label)
		w.Text("value", a.Value)
		w.End()
	}
	w.End()
	w.List("notes")
	for _, n := range x.History {
		w.Object("note")
		w.Time("datetime", n.At)
		w.Text("type", n.Type)
		w.Text("description", n.Description)
		w.End()
	}
	w.End()
}

// CreatedOf writes the answer to a new request.
func CreatedOf(f Format, c Created) []byte {
	w := NewWriter(f)
	w.List("service_requests")
	w.Object("request")
	if c.Token != "" {
		w.Text("token", c.Token)
	} else {
		w.Text("service_request_id", c.ID)
		w.Text("service_notice", c.Notice)
		w.Text("account_id", c.Account)
	}
	w.End()
	w.End()
	return w.Bytes()
}

// TokenOf writes what a token leads to; an id that is not known yet is left out.
func TokenOf(f Format, token, id string) []byte {
	w := NewWriter(f)
	w.List("service_requests")
	w.Object("request")
	if id != "" {
		w.Text("service_request_id", id)
	}
	w.Text("token", token)
	w.End()
	w.End()
	return w.Bytes()
}

// UpdatesOf writes a list of updates.
func UpdatesOf(f Format, list []Update) []byte {
	w := NewWriter(f)
	w.List("service_request_updates")
	for _, u := range list {
		w.Object("request_update")
		w.Text("update_id", u.ID)
		w.Text("service_request_id", u.RequestID)
		w.Text("status", u.Status)
		w.Text("description", u.Description)
		w.Time("updated_datetime", u.At)
		media := ""
		if len(u.Media) > 0 {
			media = u.Media[0]
		}
		w.Text("media_url", media)
		if u.External != "" {
			w.Text("external_status_code", u.External)
		}
		if u.Reference != "" {
			w.Text("customer_reference", u.Reference)
		}
		w.End()
	}
	w.End()
	return w.Bytes()
}

// UpdateTakenOf writes the answer to an update that was sent.
func UpdateTakenOf(f Format, id string) []byte {
	w := NewWriter(f)
	w.List("service_request_updates")
	w.Object("request_update")
	w.Text("update_id", id)
	w.End()
	w.End()
	return w.Bytes()
}

// ErrorsOf writes what is wrong.
func ErrorsOf(f Format, list []Error) []byte {
	w := NewWriter(f)
	w.List("errors")
	for _, e := range list {
		w.Object("error")
		w.Text("code", e.Code)
		w.Text("description", e.Description)
		w.End()
	}
	w.End()
	return w.Bytes()
}
