using SmartCity.Core;
using SmartCity.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddCore();

var app = builder.Build();
app.MapServiceDefaults();
app.MapCore();
await app.RunAsync();
