using SmartCity.Edge;
using SmartCity.ServiceDefaults;

NativeMemory.KeepLittle();
var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddEdge();

var app = builder.Build();
app.MapServiceDefaults();
app.MapEdge();
await app.RunAsync();
