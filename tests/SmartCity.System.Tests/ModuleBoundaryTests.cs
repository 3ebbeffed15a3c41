using System.Reflection;

namespace SmartCity.System.Tests;

/// <summary>Edge, core and console are deployed apart: none may reference another.</summary>
public class ModuleBoundaryTests
{
    private static readonly string[] Modules = ["SmartCity.Edge", "SmartCity.Core", "SmartCity.Web"];

    [Theory]
    [InlineData("SmartCity.Edge")]
    [InlineData("SmartCity.Core")]
    [InlineData("SmartCity.Web")]
    public void A_module_references_no_other_module(string module)
    {
        var references = Assembly.Load(module).GetReferencedAssemblies().Select(a => a.Name).ToArray();
        Assert.Contains("SmartCity.Contracts", references);
        Assert.Empty(references.Intersect(Modules));
        Assert.DoesNotContain("smartcity", references);
    }

    [Fact]
    public void Contracts_depend_on_nothing_but_the_framework() =>
        Assert.All(
            Assembly.Load("SmartCity.Contracts").GetReferencedAssemblies(),
            a => Assert.StartsWith("System.", a.Name, StringComparison.Ordinal));

    [Fact]
    public void Service_defaults_know_no_module() =>
        Assert.Empty(Assembly.Load("SmartCity.ServiceDefaults").GetReferencedAssemblies().Select(a => a.Name).Intersect(Modules));
}
