using System.Reflection;
using PublicApiGenerator;
using SmartCity.Bricks.Objects;
using SmartCity.Contracts;
using SmartCity.Recognition;

namespace SmartCity.Bricks.Tests;

/// <summary>What others build on changes only when somebody means it: the approved text lies beside this test.</summary>
public sealed class PublicApiTests
{
    public static TheoryData<string> Packages => ["SmartCity.Bricks", "SmartCity.Contracts", "SmartCity.Recognition"];

    [Theory]
    [MemberData(nameof(Packages))]
    public async Task The_public_api_is_the_approved_one(string package)
    {
        Assembly[] assemblies = [typeof(ObjectLanded).Assembly, typeof(Sighting).Assembly, typeof(PlateRecogniser).Assembly];
        var actual = assemblies.Single(a => a.GetName().Name == package).GeneratePublicApi(new ApiGeneratorOptions { IncludeAssemblyAttributes = false }).ReplaceLineEndings("\n");
        var folder = Path.Combine(Root(), "tests", "SmartCity.Bricks.Tests", "Approved");
        var approved = Path.Combine(folder, package + ".txt");
        var text = File.Exists(approved) ? await File.ReadAllTextAsync(approved, TestContext.Current.CancellationToken) : "";
        if (text != actual)
        {
            var received = Path.Combine(AppContext.BaseDirectory, package + ".received.txt");
            await File.WriteAllTextAsync(received, actual, TestContext.Current.CancellationToken);
            Assert.Fail($"The public API of {package} is not the approved one. Look at the difference; if it is meant: cp {received} {approved}");
        }
    }

    internal static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); ; folder = folder.Parent ?? throw new DirectoryNotFoundException("SmartCity.sln is in no folder above the tests."))
        {
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
            {
                return folder.FullName;
            }
        }
    }
}
