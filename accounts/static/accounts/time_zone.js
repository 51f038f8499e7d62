// Preselects the time zone of the browser if the list has it.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const select = document.getElementById("id_timezone");
if ([...select.options].some((option) => option.value === zone)) select.value = zone;
