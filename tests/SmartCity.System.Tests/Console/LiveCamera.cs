using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OpenCvSharp;

namespace SmartCity.System.Tests.Console;

/// <summary>A network camera that sends motion JPEG, five pictures a second, each another.</summary>
internal sealed class LiveCamera : IAsyncDisposable
{
    private const string Boundary = "frame";

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);

    private readonly WebApplication _app;

    private LiveCamera(WebApplication app) => _app = app;

    /// <summary>As a camera's source.</summary>
    public string Address => _app.Urls.Single() + "/live";

    public static async Task<LiveCamera> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.MapGet("/live", SendAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        return new LiveCamera(app);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static async Task SendAsync(HttpContext context)
    {
        context.Response.ContentType = $"multipart/x-mixed-replace; boundary={Boundary}";
        using var pace = new PeriodicTimer(Every);
        for (var i = 0; await pace.WaitForNextTickAsync(context.RequestAborted); i++)
        {
            using var picture = new Mat(360, 640, MatType.CV_8UC3, new Scalar(i * 7 % 256, 90, 60));
            var jpeg = picture.ImEncode(".jpg");
            await context.Response.WriteAsync($"--{Boundary}\r\nContent-Type: image/jpeg\r\nContent-Length: {jpeg.Length}\r\n\r\n", context.RequestAborted);
            await context.Response.Body.WriteAsync(jpeg, context.RequestAborted);
            await context.Response.WriteAsync("\r\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }
}
