using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SmartCity.ServiceDefaults.Health;

/// <summary>
/// The body of <c>/health/ready</c>: the state on the first line, then a line for each check and worker that is not healthy: its name, its state and why,
/// in a sentence.
/// </summary>
internal static class ReadinessAnswer
{
    public const string Workers = "workers";

    private const int LongestReason = 600;

    public static Task WriteAsync(HttpContext context, HealthReport report)
    {
        context.Response.ContentType = "text/plain; charset=utf-8";
        var checks = report.Entries.Where(e => e.Key != Workers && e.Value.Status != HealthStatus.Healthy)
            .Select(e => Line(e.Key, e.Value.Status.ToString(), e.Value.Description ?? e.Value.Exception?.Message));
        var workers = context.RequestServices.GetRequiredService<WorkerHealth>().Reports.Where(w => w.State != WorkerState.Healthy).Select(w => Line(w.Name, w.State.ToString(), w.Detail));
        return context.Response.WriteAsync(string.Concat([report.Status.ToString(), .. checks, .. workers]), context.RequestAborted);
    }

    private static string Line(string name, string state, string? why)
    {
        var reason = string.Join(' ', (why ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return $"\n{name}: {state}{(reason.Length > 0 ? ": " : "")}{(reason.Length > LongestReason ? reason[..LongestReason] + " …" : reason)}";
    }
}
