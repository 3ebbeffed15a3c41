using SmartCity.Core;
using SmartCity.Core.Models;
using SmartCity.ServiceDefaults;

var builder = WebApplication.CreateBuilder(args);
if (args is [TrainCommand.Name, ..])
{
    using var loggers = LoggerFactory.Create(l => l.AddConfiguration(builder.Configuration.GetSection("Logging")).AddSimpleConsole(c => c.SingleLine = true));
    return await TrainCommand.RunAsync(builder.Configuration, loggers);
}

builder.AddServiceDefaults();
builder.AddCore();

var app = builder.Build();
app.MapServiceDefaults();
app.MapCore();
await app.RunAsync();
return 0;
