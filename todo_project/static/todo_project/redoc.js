// ReDoc loads a logo from another host, and the content security policy blocks it. ReDoc removes an
// image that fails to load, so an empty data URL replaces the logo's URL.
const withoutLogo = (url) => (url.startsWith("https://cdn.redoc.ly/") ? "data:," : url);
const image = HTMLImageElement.prototype;
const source = Object.getOwnPropertyDescriptor(image, "src");
const setAttribute = Element.prototype.setAttribute;
Object.defineProperty(image, "src", {
  ...source,
  set(url) {
    source.set.call(this, withoutLogo(url));
  },
});
image.setAttribute = function (name, value) {
  setAttribute.call(this, name, name === "src" ? withoutLogo(value) : value);
};
