// ReDoc asks another host for a logo, which the content policy stops. An image that cannot be
// shown is taken away by ReDoc itself.
const here = (url) => (url.startsWith("https://cdn.redoc.ly/") ? "data:," : url);
const image = HTMLImageElement.prototype;
const source = Object.getOwnPropertyDescriptor(image, "src");
const setAttribute = Element.prototype.setAttribute;
Object.defineProperty(image, "src", {
  ...source,
  set(url) {
    source.set.call(this, here(url));
  },
});
image.setAttribute = function (name, value) {
  setAttribute.call(this, name, name === "src" ? here(value) : value);
};
