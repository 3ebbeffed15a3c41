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

    /// <summary>Where a histogram of delays in seconds counts anew: from a link that is up to one that was cut for hours. The default's first bucket ends at 5 s.</summary>
    public static readonly InstrumentAdvice<double> Delays = new() { HistogramBucketBoundaries = [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1_800, 7_200] };

    /// <summary>The process' OpenTelemetry <c>service.name</c>: <c>OTEL_SERVICE_NAME</c>, else the application's name.</summary>
    public static string ServiceName(IConfiguration configuration, IHostEnvironment environment) =>
        configuration["OTEL_SERVICE_NAME"] is { Length: > 0 } given ? given : environment.ApplicationName;
}
