# SPDX-FileCopyrightText: Townhall contributors
# SPDX-License-Identifier: EUPL-1.2
"""A small form that asks what a population register knows: one answer that may be corrected, and one that may not."""

from typing import Final

FORM: Final = b"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
  xmlns:th="urn:townhall:xforms"><h:head><h:title>Home</h:title><model>
  <instance><data id="home" version="1"><street/><children/></data></instance>
  <bind nodeset="/data/street" required="true()" th:prefill="register:population/address/street"/>
  <bind nodeset="/data/children" type="int" readonly="true()" th:prefill="register:population/children"/>
  </model></h:head><h:body>
  <input ref="/data/street"><label>Street</label></input>
  <input ref="/data/children"><label>Children</label></input>
  </h:body></h:html>"""
