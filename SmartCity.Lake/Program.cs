using SmartCity.Lake;
using SmartCity.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddLake();

var app = builder.Build();
app.MapServiceDefaults();
await app.RunAsync();
