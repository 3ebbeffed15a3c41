using SmartCity.ServiceDefaults;
using SmartCity.Web;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddConsole();

var app = builder.Build();
app.MapServiceDefaults();
app.MapConsole();
await app.RunAsync();
