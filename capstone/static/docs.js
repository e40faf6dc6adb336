// The token that somebody enters stays in this page's memory, and is gone with the page.
SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null, // it would send the document to another host
});
