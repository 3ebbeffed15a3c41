using System.Net;
using System.Net.Http.Headers;
using SmartCity.Contracts.Api;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary><c>run</c> with an address that begins with https.</summary>
public sealed class SecuredTests
{
    [Fact]
    public async Task Everything_goes_encrypted_with_a_certificate_that_was_made_once()
    {
        var token = TestContext.Current.CancellationToken;
        await using var data = new TestData();
        byte[] made;
        await using (var system = await RunningSystem.StartAsync(data.Path, ["--stations", "1", "--speed", "3"], scheme: "https"))
        {
            made = await File.ReadAllBytesAsync(data.Below("certificate.pem"), token);
            using var page = await system.Http.GetAsync("/sign-in", token);
            Assert.Equal(HttpStatusCode.OK, page.StatusCode);

            // The edge gets its cameras from the core, and what it reads arrives.
            await system.UntilAsync(async () => (await system.GetAsync<Page<SightingView>>("/api/sightings")).Items.Count > 0, "a sighting");
            Assert.Contains("SHA-256", system.Said, StringComparison.Ordinal);
            Assert.DoesNotContain("go unencrypted", system.Said, StringComparison.Ordinal);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(data.Below("certificate-key.pem")));
            }

            using var unaware = new HttpClient { BaseAddress = system.Http.BaseAddress, DefaultRequestHeaders = { Accept = { new MediaTypeWithQualityHeaderValue("text/html") } } };
            await Assert.ThrowsAsync<HttpRequestException>(() => unaware.GetAsync("/sign-in", token));
        }

        await using var again = await RunningSystem.StartAsync(data.Path, ["--stations", "1"], scheme: "https");
        Assert.Equal(made, await File.ReadAllBytesAsync(data.Below("certificate.pem"), token));
    }
}
