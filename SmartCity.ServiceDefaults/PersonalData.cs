using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Instrumentation.AspNetCore;
using OpenTelemetry.Instrumentation.Http;
using SmartCity.Contracts;

namespace SmartCity.ServiceDefaults;

/// <summary>
/// Addresses under <c>/api/vehicles</c> may contain a plate, and searches a reason; neither is written to a log or a trace. The instrumentation itself leaves
/// out the values of queries.
/// </summary>
internal static class PersonalData
{
    private const string UrlPath = "url.path";
    private const string UrlFull = "url.full";
    private const string BeforePlate = "vehicles";

    // They write whole addresses at level Information.
    private static readonly string[] Talkative = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Routing", "Microsoft.AspNetCore.Http.Result", "System.Net.Http.HttpClient"];

    /// <summary>Set on a call whose whole address is a secret, as those of chats are: only its host is traced.</summary>
    public static readonly HttpRequestOptionsKey<bool> SecretAddress = new("smartcity.secret-address");

    public static void KeepOut(ILoggingBuilder logging)
    {
        foreach (var category in Talkative)
        {
            logging.AddFilter(category, LogLevel.Warning);
        }
    }

    public static void KeepOut(AspNetCoreTraceInstrumentationOptions options) =>
        options.EnrichWithHttpResponse = (activity, response) => activity.SetTag(
            UrlPath, response.HttpContext.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route } ? '/' + route.TrimStart('/') : Masked(response.HttpContext.Request.Path.Value ?? "/"));

    public static void KeepOut(HttpClientTraceInstrumentationOptions options) => options.EnrichWithHttpRequestMessage = (activity, request) =>
    {
        if (request.RequestUri is { IsAbsoluteUri: true } address)
        {
            activity.SetTag(UrlFull, address.GetLeftPart(UriPartial.Authority) + (request.Options.TryGetValue(SecretAddress, out var secret) && secret ? "" : Masked(address.AbsolutePath)));
        }
    };

    /// <summary>The path with only the beginning of a plate in it.</summary>
    internal static string Masked(string path)
    {
        var segments = path.Split('/');
        for (var i = 1; i < segments.Length; i++)
        {
            if (segments[i - 1] == BeforePlate && segments[i] is not ("" or "search" or "import" or "record" or "history" or "journey" or "discounts"))
            {
                segments[i] = Masking.Plate(Uri.UnescapeDataString(segments[i]));
            }
        }

        return string.Join('/', segments);
    }
}
