using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace SmartCity.ServiceDefaults;

/// <summary>The product's one activity source and one meter.</summary>
public static class Telemetry
{
    public const string Name = "SmartCity";

    public static readonly ActivitySource Source = new(Name);

    public static readonly Meter Meter = new(Name);

    /// <summary>The process' OpenTelemetry <c>service.name</c>: <c>OTEL_SERVICE_NAME</c>, else the application's name.</summary>
    public static string ServiceName(IConfiguration configuration, IHostEnvironment environment) =>
        configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } given ? given : environment.ApplicationName;
}
